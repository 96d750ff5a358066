-- Forgets what was done before a moment, the names of keywords in that, and sessions of which nothing is left; makes the partitions of the months to
-- come.
create or replace function trim_activity(_before timestamptz) returns void
language plpgsql as $$
begin
  perform add_activity_partitions();
  delete from activity a where a.at < _before;
  delete from retired_keyword k where k.retired_at < _before;
  delete from origin o
   where o.begun_at < _before
     and not exists (select from activity a where a.session = o.session);
end
$$;
