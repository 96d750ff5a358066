-- Those of some UIDs that carry \Deleted, ascending; nulls for none.
create or replace function deleted_among(
  _mailbox bigint, _among int8multirange, out uids bigint[], out ranges int8multirange
)
language plpgsql stable as $$
#variable_conflict use_column
begin
  select array_agg(e.uid)
    into uids
    from unnest(_among) r
   cross join lateral (
         select e.uid
           from entry e
          where e.mailbox = _mailbox and e.uid >= lower(r) and e.uid < upper(r) and e.flags & 4 /* flag: deleted */ <> 0
         offset 0) e;
  if uids is not null then
    ranges := ranges_of(uids);
  end if;
end
$$;
