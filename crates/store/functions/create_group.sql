-- Makes a group.
create or replace function create_group(_name text) returns void
language plpgsql as $$
begin
  insert into user_group (name) values (_name);
  insert into activity (kind, detail) values (15 /* activity: group */, _name || ' created');
end
$$;
