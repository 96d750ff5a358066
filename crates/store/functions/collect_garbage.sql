-- Deletes content that nothing has referred to for `_older_than`; returns how many rows of garbage were
-- looked at.
create or replace function collect_garbage(_older_than interval, _limit integer) returns bigint
language plpgsql as $$
declare
  _contents bigint[];
begin
  with due as (
    select g.ctid
      from garbage g
     where g.at < now() - _older_than
     order by g.at
     limit _limit
       for update skip locked
  ), taken as (
    delete from garbage g using due where g.ctid = due.ctid returning g.content
  )
  select array_agg(t.content) into _contents from taken t;
  -- A copy is made under the lock of a mailbox that still has the message, so what has no entry
  -- now, and lost its last long ago, never gets one again.
  delete from content c
   where c.id = any (_contents)
     and not exists (select from entry e where e.content = c.id)
     and not exists (select from garbage g
                      where g.content = c.id and g.at >= now() - _older_than);
  return coalesce(cardinality(_contents), 0);
end
$$;
