-- Writes keywords without a bit of new messages (ADR 0055), whose places count from 0, from `_first_uid` on; bit 5 of their
-- flags is set already. Returns how many these were. The caller holds the mailbox's lock.
create or replace function add_rare_keywords(
  _mailbox bigint, _first_uid bigint, _places bigint[], _numbers smallint[]
) returns bigint
language plpgsql as $$
begin
  insert into entry_keyword (mailbox, uid, numbers)
  select _mailbox, _first_uid + k.place, array_agg(k.number order by k.number)
    from unnest(_places, _numbers) as k (place, number)
   group by k.place;
  return cardinality(_numbers);
end
$$;
