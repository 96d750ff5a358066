-- Makes the partitions of the next three months, where they are missing. Never that of this month: whoever writes to the
-- partition of other months while this one is attached is refused. A month of which there are rows among those of other
-- months stays there. Waits for nobody's work: where somebody holds the table, the next call makes them. It makes them as its
-- owner, so that frontends need no right to create tables.
create or replace function add_activity_partitions() returns void
language plpgsql security definer set search_path from current set lock_timeout = '1s' as $$
declare
  _begin     timestamptz;
  _end       timestamptz;
  _partition text;
begin
  for _begin in
    select date_trunc('month', now(), 'UTC') + make_interval(months => n) from generate_series(1, 3) n
  loop
    _end := date_trunc('month', _begin + interval '40 days', 'UTC');
    _partition := 'activity_' || to_char(_begin at time zone 'UTC', 'YYYY_MM');
    continue when to_regclass(_partition) is not null
               or exists (select from activity_of_other_months a where a.at >= _begin and a.at < _end);
    begin
      -- Attached, because making it in place would lock out whoever writes to any partition.
      execute format('create table %I (like activity including defaults)', _partition);
      execute format('alter table activity attach partition %I for values from (%L) to (%L)',
                     _partition, _begin, _end);
    exception when lock_not_available or duplicate_table then
      return;
    end;
  end loop;
end
$$;
