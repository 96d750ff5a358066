-- Deletes the entries of messages that are there; `_ranges` are the same as `_uids`. The caller holds the mailbox's lock.
create or replace function delete_entries(_mailbox bigint, _uids bigint[], _ranges int8multirange) returns void
language plpgsql as $$
begin
  if _ranges = int8multirange(range_merge(_ranges)) then
    delete from entry e
     where e.mailbox = _mailbox and e.uid >= lower(_ranges) and e.uid < upper(_ranges);
  else
    delete from entry e
     using (select g.uid from unnest(_uids) as g (uid) limit cardinality(_uids)) g
     where e.mailbox = _mailbox and e.uid = g.uid;
  end if;
end
$$;
