-- Makes messages that come in this transaction read for everybody, as the flag policy has it. What is private is logged
-- with mod-sequence `_modseq`. The caller holds the mailbox's lock.
create or replace function read_for_everybody(_mailbox bigint, _modseq bigint, _uids bigint[]) returns void
language plpgsql as $$
declare
  _changed bigint;
begin
  if exists (select from mailbox_name n where n.mailbox = _mailbox and n.private_flags & 8 /* flag: seen */ <> 0) then
    -- What everybody begins with; who has turned it already has turned it back.
    perform flip_private(_mailbox, _modseq, array_agg(f.account), array_agg(3 /* bit: seen */), array_agg(f.uid))
       from (select 0 as account, u.uid
               from unnest(_uids) as u (uid)
              union all
             select o.account, u.uid
               from unnest(_uids) as u (uid)
               join user_flags o on o.mailbox = _mailbox
                                and o.flag = 3 /* bit: seen */
                                and o.chunk = u.uid / 8192
                                and o.account <> 0
              where get_bit(o.bits, (u.uid % 8192)::integer) = 1) f;
  else
    update entry e
       set flags = e.flags | 8 /* flag: seen */
     where e.mailbox = _mailbox
       and e.uid = any (_uids)
       and e.flags & 8 /* flag: seen */ = 0;
    get diagnostics _changed = row_count;
    update mailbox m set unseen_count = m.unseen_count - _changed where m.id = _mailbox;
  end if;
end
$$;
