-- Deletes content that nothing has referred to for `_older_than`; returns how many rows of garbage were
-- looked at.
create or replace function collect_garbage(_older_than interval, _limit integer) returns bigint
language plpgsql as $$
declare
  _due tid[];
begin
  select array_agg(due.row)
    into _due
    from (select g.ctid as row
            from garbage g
           where g.at < now() - _older_than
           order by g.at
           limit _limit
             for update skip locked) due;
  return collect_rows(_due);
end
$$;
