-- Counts again what is in mailboxes, the next `_max` in the order of their ids after `_after`. Returns how many there were, the last of
-- them, and how many had wrong counts.
create or replace function recount_mailboxes(
  _after bigint, _max integer, out counted bigint, out last bigint, out wrong bigint
)
language plpgsql as $$
declare
  _mailboxes bigint[];
begin
  select array_agg(m.id order by m.id)
    into _mailboxes
    from (select m.id from mailbox m where m.id > _after order by m.id limit _max for no key update) m;
  counted := coalesce(cardinality(_mailboxes), 0);
  last := _mailboxes[counted];
  -- A statement of its own, which sees what was committed before the locks were here.
  with found as (
    select a.id, e.messages, e.bytes, e.unseen, e.deleted, coalesce(g.removed, 0) as removed
      from unnest(_mailboxes) as a (id)
     cross join lateral (
           select count(*) as messages, coalesce(sum(e.size), 0)::bigint as bytes,
                  count(*) filter (where e.flags & 8 /* flag: seen */ = 0) as unseen,
                  count(*) filter (where e.flags & 4 /* flag: deleted */ <> 0) as deleted
             from entry e
            where e.mailbox = a.id) e
      left join (select g.mailbox, sum(room_of_removed(g.size))::bigint as removed
                   from garbage g
                  where g.mailbox = any (_mailboxes)
                  group by g.mailbox) g on g.mailbox = a.id
  ), corrected as (
    update mailbox m
       set message_count = f.messages,
           byte_count = f.bytes,
           unseen_count = f.unseen,
           deleted_count = f.deleted,
           removed_bytes = f.removed
      from found f
     where m.id = f.id
       and (m.message_count, m.byte_count, m.unseen_count, m.deleted_count, m.removed_bytes)
           <> (f.messages, f.bytes, f.unseen, f.deleted, f.removed)
    returning m.id
  )
  select count(*) into wrong from corrected;
end
$$;
