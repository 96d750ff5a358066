-- Deletes what was removed, oldest first, where it takes more room than the root's limit, but nothing that was removed
-- within `_grace`: sessions may not have been told yet; `_limit` messages at most. Returns how many were looked at.
create or replace function collect_excess_of(_root bigint, _grace interval, _limit integer) returns bigint
language plpgsql as $$
declare
  _excess numeric;
  _due    tid[];
begin
  select coalesce(sum(m.removed_bytes), 0) + q.removed_bytes - q.storage_limit::numeric * 1024
    into _excess
    from quota_root q
    left join mailbox_name n on n.quota_root = q.id
    left join mailbox m on m.id = n.mailbox
   where q.id = _root
   group by q.id;
  select array_agg(due.row)
    into _due
    from (select g.ctid as row
            from garbage g
           where g.ctid = any (array(
                   select o.row
                     from (select f.row, sum(f.room) over (order by f.at, f.row) - f.room as older
                             from (select g.ctid as row, g.at, room_of_removed(g.size) as room
                                     from garbage g
                                    where g.quota_root = _root and g.at < now() - _grace
                                    order by g.at
                                    limit _limit) f) o
                    where o.older < _excess))
             for update skip locked) due;
  return collect_rows(_due);
end
$$;
