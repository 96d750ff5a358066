-- The number at a place in packed numbers of four bytes, the highest byte first.
create or replace function number_at(_numbers bytea, _place integer) returns integer
language sql immutable as $$
  select ('x' || encode(substring(_numbers from _place * 4 + 1 for 4), 'hex'))::bit(32)::integer
$$;
