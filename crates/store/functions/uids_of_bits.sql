-- The UIDs whose bit is set in a chunk of private flags: chunk `_chunk` begins with the UID `_chunk` * 8192.
create or replace function uids_of_bits(_chunk bigint, _bits bit) returns int8multirange
language plpgsql immutable as $$
declare
  -- Where a bit is another than the one before it.
  _edges bit(8192) := _bits # (_bits >> 1);
  _first bigint := _chunk * 8192;
begin
  if bit_count(_bits) = 0 then
    return '{}';
  end if;
  -- A single run, as nearly always. Two have three edges at least.
  if bit_count(_edges) <= 2 then
    _first := _first + position(b'1' in _bits) - 1;
    return int8multirange(int8range(_first, _first + bit_count(_bits)));
  end if;
  return (select range_agg(int8range(_first + e.low, _first + e.high))
            from (select i.at as low, lead(i.at, 1, 8192) over (order by i.at) as high
                    from generate_series(0, 8191) as i (at)
                   where get_bit(_edges, i.at) = 1) e
           where get_bit(_bits, e.low) = 1);
end
$$;
