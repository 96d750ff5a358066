-- Deletes the rows of a table that are older than a moment by one of its columns, among so many of its pages; returns how
-- many there were, and whether these pages were the last. Pages are read in their order, which needs no index: a row that is
-- written costs nothing more for going one day.
create or replace function trim_old_rows(
  _table text, _column text, _before timestamptz, _first_page bigint, _pages integer,
  out removed bigint, out is_last boolean
)
language plpgsql as $$
declare
  _size bigint := pg_relation_size(format('%I', _table)::regclass) / current_setting('block_size')::integer;
begin
  execute format('delete from %I where ctid >= $1 and ctid < $2 and %I < $3', _table, _column)
    using format('(%s,0)', _first_page)::tid, format('(%s,0)', _first_page + _pages)::tid, _before;
  get diagnostics removed = row_count;
  is_last := _first_page + _pages >= _size;
end
$$;
