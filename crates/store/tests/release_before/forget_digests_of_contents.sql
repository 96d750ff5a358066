-- Removes the digests in which deleted content stands: what is collected is gone from the copies too.
create or replace function forget_digests_of_contents() returns trigger
language plpgsql as $$
begin
  delete from digest d
   where d.contents && (select coalesce(array_agg(g.id), '{}') from gone g);
  return null;
end
$$;

create or replace trigger content_leaves_digests
  after delete on content
  referencing old table as gone
  for each statement execute function forget_digests_of_contents();
