-- Sets flags = (flags & keep) | add for the messages in each range; the ranges do not overlap. The
-- `_user…` ranges do the same to the private flags of `_users`, and do not overlap for one user; a private
-- flag is the bit of account 0, with which everybody began, turned by the account's own bit. What is so
-- already is left alone. Returns the mailbox's mod-sequence afterwards, and whether that is new.
create or replace function edit_flags(
  _mailbox bigint, _accounts bigint[], _versions bigint[], _needed smallint[],
  _lows bigint[], _highs bigint[], _keeps bigint[], _adds bigint[],
  _users bigint[], _user_lows bigint[], _user_highs bigint[], _user_keeps bigint[], _user_adds bigint[],
  out modseq bigint, out is_changed boolean
)
language plpgsql as $$
#variable_conflict use_column
declare
  _modseq   bigint;
  _version  bigint;
  _next     bigint;
  _changed  bigint[];
  _flags    bigint[];
  _unseen   bigint;
  _deleted  bigint;
  _flipped_accounts bigint[];
  _flipped_flags    integer[];
  _flipped_uids     bigint[];
  _touched          bigint;
  _touched_flags    integer[];
begin
  select m.modseq, m.rights_version
    into _modseq, _version
    from mailbox m
   where m.id = _mailbox
     for no key update;
  if not found then
    raise exception using errcode = 'PR001', message = 'no such mailbox';
  end if;
  if _version <> any (_versions) then
    perform check_permits(_mailbox, _version, _accounts, _versions, _needed);
  end if;
  _next := _modseq + 1;

  if cardinality(_lows) > 0 then
    select array_agg(e.uid), array_agg(e.edited),
           sum((e.flags >> 3 & 1) - (e.edited >> 3 & 1)),
           sum((e.edited >> 2 & 1) - (e.flags >> 2 & 1))
      into _changed, _flags, _unseen, _deleted
      from unnest(_lows, _highs, _keeps, _adds) as r (low, high, keep, add)
     cross join lateral (
           select e.uid, e.flags, (e.flags & r.keep) | r.add as edited
             from entry e
            where e.mailbox = _mailbox and e.uid >= r.low and e.uid <= r.high
           offset 0) e
     where e.edited <> e.flags;
  end if;

  if cardinality(_users) > 0 then
    select bit_or(~r.keep | r.add) into _touched from unnest(_user_keeps, _user_adds) as r (keep, add);
    _touched_flags := array(select b.flag from private_flag b where b.bit & _touched <> 0);
    select array_agg(r.account), array_agg(b.flag), array_agg(e.uid)
      into _flipped_accounts, _flipped_flags, _flipped_uids
      from unnest(_users, _user_lows, _user_highs, _user_keeps, _user_adds)
        as r (account, low, high, keep, add)
     cross join lateral (
           select e.uid
             from entry e
            where e.mailbox = _mailbox and e.uid >= r.low and e.uid <= r.high
           offset 0) e
      join unnest(_touched_flags) as b (flag) on (~r.keep | r.add) >> b.flag & 1 = 1
     where coalesce((select bit_xor(get_bit(f.bits, (e.uid % 8192)::integer))
                       from user_flags f
                      where f.account in (0, r.account) and f.mailbox = _mailbox
                        and f.flag = b.flag and f.chunk = e.uid / 8192), 0)
           <> (r.add >> b.flag & 1);
  end if;

  is_changed := _changed is not null or _flipped_uids is not null;
  modseq := _modseq;
  if not is_changed then
    return;
  end if;

  update mailbox
     set modseq = _next,
         unseen_count = unseen_count + coalesce(_unseen, 0),
         deleted_count = deleted_count + coalesce(_deleted, 0)
   where id = _mailbox;
  if _changed is not null then
    update entry e
       set flags = c.flags, modseq = _next
      from (select c.uid, c.flags
              from unnest(_changed, _flags) as c (uid, flags)
             limit cardinality(_changed)) c
     where e.mailbox = _mailbox and e.uid = c.uid;
    insert into change (mailbox, modseq, kind, uids)
    select _mailbox, _next, 2, range_agg(int8range(c.uid, c.uid, '[]'))
      from unnest(_changed) as c (uid);
  end if;
  if _flipped_uids is not null then
    perform flip_private(_mailbox, _next, _flipped_accounts, _flipped_flags, _flipped_uids);
  end if;
  modseq := _next;
end
$$;
