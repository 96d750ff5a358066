-- How many levels a name has.
create or replace function levels_of(_path text) returns integer
language sql immutable as $$
  select cardinality(string_to_array(_path, '/'))
$$;
