-- Counts again what mailboxes that are gone have left to quota roots. Returns how many had wrong counts.
create or replace function recount_quota_roots() returns bigint
language plpgsql as $$
declare
  _wrong bigint;
begin
  perform q.id from quota_root q order by q.id for no key update;
  with corrected as (
    update quota_root q
       set removed_bytes = f.removed
      from (select q.id, coalesce(sum(room_of_removed(g.size)), 0)::bigint as removed
              from quota_root q
              left join (select g.quota_root, g.size
                           from garbage g
                          where not exists (select from mailbox m where m.id = g.mailbox)
                          union all
                         -- What is not among the removed ones yet.
                         select x.quota_root, e.size
                           from erased_mailbox x
                           join entry e on e.mailbox = x.mailbox) g on g.quota_root = q.id
             group by q.id) f
     where q.id = f.id
       and q.removed_bytes <> f.removed
    returning q.id
  )
  select count(*) into _wrong from corrected;
  return _wrong;
end
$$;
