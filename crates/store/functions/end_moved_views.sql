-- A mailbox that has another name is no longer what the sessions see that access tokens for it have opened.
create or replace function end_moved_views() returns trigger
language plpgsql as $$
begin
  update access_token t set version = t.version + 1 where t.mailbox = new.mailbox;
  return null;
end
$$;

create or replace trigger views_hear after update of owner, path on mailbox_name
  for each row when (old.owner <> new.owner or old.path <> new.path) execute function end_moved_views();
