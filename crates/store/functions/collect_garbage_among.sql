-- Deletes content that nothing has referred to for `_older_than`, as far as so many pages of the list of removed messages tell;
-- returns how many rows went, and whether these pages were the last. Read in their order, for an index by age would cost
-- whoever expunges.
create or replace function collect_garbage_among(
  _older_than interval, _first_page bigint, _pages integer, out removed bigint, out is_last boolean
)
language plpgsql as $$
declare
  _size bigint := pg_relation_size('garbage') / current_setting('block_size')::integer;
  _due  tid[];
begin
  select array_agg(due.row)
    into _due
    from (select g.ctid as row
            from garbage g
           where g.ctid >= format('(%s,0)', _first_page)::tid
             and g.ctid < format('(%s,0)', _first_page + _pages)::tid
             and g.at < now() - _older_than
             for update skip locked) due;
  removed := collect_rows(_due);
  is_last := _first_page + _pages >= _size;
end
$$;
