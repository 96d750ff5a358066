-- Deletes what was removed, oldest first, where it takes more room than the root's limit, but nothing that was removed
-- within `_grace`: sessions may not have been told yet. Returns how many rows of garbage were looked at.
create or replace function collect_excess(_grace interval, _limit integer) returns bigint
language plpgsql as $$
declare
  _root   record;
  _due    tid[];
  _looked bigint := 0;
begin
  for _root in
    select q.id, coalesce(sum(m.removed_bytes), 0) + q.removed_bytes - q.storage_limit::numeric * 1024 as excess
      from quota_root q
      left join mailbox_name n on n.quota_root = q.id
      left join mailbox m on m.id = n.mailbox
     where q.storage_limit is not null
     group by q.id
    having coalesce(sum(m.removed_bytes), 0) + q.removed_bytes > q.storage_limit::numeric * 1024
  loop
    select array_agg(due.row)
      into _due
      from (select g.ctid as row
              from garbage g
             where g.ctid = any (array(
                     select o.row
                       from (select g.ctid as row, sum(room_of_removed(g.size)) over (order by g.at, g.ctid) - room_of_removed(g.size) as older
                               from garbage g
                              where g.quota_root = _root.id and g.at < now() - _grace) o
                      where o.older < _root.excess
                      limit _limit))
               for update skip locked) due;
    _looked := _looked + collect_rows(_due);
  end loop;
  return _looked;
end
$$;
