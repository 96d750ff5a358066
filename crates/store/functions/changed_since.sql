-- Those of `_uids` that changed after a mod-sequence, as an account sees them (RFC 7162, 3.1.3). The caller holds the
-- mailbox's lock.
create or replace function changed_since(
  _mailbox bigint, _account bigint, _uids int8multirange, _modseq bigint
) returns int8multirange
language plpgsql as $$
declare
  _forgotten integer[];
begin
  -- What the log has forgotten counts as changed where the log begins. Seldom more than nothing, and read once.
  select array_agg(distinct f.chunk)
    into _forgotten
    from mailbox m
    join mailbox_name n on n.mailbox = m.id and n.owner <> _account
    join user_flags f on f.mailbox = m.id and f.account in (0, _account)
   where m.id = _mailbox and m.log_floor > _modseq;

  return (
    select coalesce(range_agg(int8range(e.uid, e.uid, '[]')), '{}')
      from unnest(_uids) r
     cross join lateral (
           select e.uid, e.modseq
             from entry e
            where e.mailbox = _mailbox and e.uid >= lower(r) and e.uid < upper(r)
           offset 0) e
     where e.modseq > _modseq
        or exists (select from change c
                    where c.mailbox = _mailbox and c.modseq > _modseq
                      and c.kind = 4 /* change: private */ and c.account = _account and c.uids @> e.uid)
        or e.uid / 8192 = any (_forgotten));
end
$$;
