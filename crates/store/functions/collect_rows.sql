-- Deletes rows of garbage, which the caller has locked, the content that nothing refers to any more, and what they
-- counted. Returns how many there were.
create or replace function collect_rows(_rows tid[]) returns bigint
language plpgsql as $$
declare
  _contents  bigint[];
  _mailboxes bigint[];
  _roots     bigint[];
  _bytes     bigint[];
begin
  with taken as (
    delete from garbage g where g.ctid = any (_rows) returning g.content, g.mailbox, g.quota_root, g.size
  ), counted as (
    select t.mailbox, t.quota_root, sum(room_of_removed(t.size)) as bytes
      from taken t
     group by t.mailbox, t.quota_root
  )
  select (select array_agg(t.content) from taken t),
         array_agg(c.mailbox order by c.mailbox), array_agg(c.quota_root order by c.mailbox),
         array_agg(c.bytes order by c.mailbox)
    into _contents, _mailboxes, _roots, _bytes
    from counted c;
  -- A copy is made under the lock of a mailbox that still has the message, so what has no entry now, and lost its last long
  -- ago, never gets one again. A letter for several refers to a content for which it holds the row (hold_contents); what
  -- became of that is seen by the next statement.
  perform c.id from content c where c.id = any (_contents) order by c.id for update;
  delete from content c
   where c.id = any (_contents)
     and not exists (select from entry e where e.content = c.id)
     and not exists (select from garbage g where g.content = c.id);

  -- The locks come last, because the content takes its time.
  perform m.id from mailbox m where m.id = any (_mailboxes) order by m.id for no key update;
  update mailbox m
     set removed_bytes = m.removed_bytes - c.bytes
    from (select c.mailbox, sum(c.bytes) as bytes
            from unnest(_mailboxes, _bytes) as c (mailbox, bytes)
           group by c.mailbox) c
   where m.id = c.mailbox;
  perform q.id from quota_root q where q.id = any (_roots) order by q.id for no key update;
  -- Mailboxes that are gone have left theirs to the root.
  update quota_root q
     set removed_bytes = q.removed_bytes - c.bytes
    from (select c.root, sum(c.bytes) as bytes
            from unnest(_mailboxes, _roots, _bytes) as c (mailbox, root, bytes)
           where not exists (select from mailbox m where m.id = c.mailbox)
           group by c.root) c
   where q.id = c.root;
  return coalesce(cardinality(_contents), 0);
end
$$;
