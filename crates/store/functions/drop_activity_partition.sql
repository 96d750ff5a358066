-- Drops the oldest month of activity of which everything was done before a moment; returns whether there was one, null
-- where it is in use. Whoever writes waits for a twentieth of a second at most: where the table is not free by then, the next
-- call drops it. Drops it as its owner, so that frontends need no right to drop tables.
create or replace function drop_activity_partition(_before timestamptz) returns boolean
language plpgsql security definer set search_path from current set lock_timeout = '50ms' as $$
declare
  _partition text := (select p.name from activity_partitions(_before) p where p.is_over order by p.name limit 1);
begin
  if _partition is null then
    return false;
  end if;
  execute format('drop table %I', _partition);
  return true;
exception when lock_not_available then
  return null;
end
$$;
