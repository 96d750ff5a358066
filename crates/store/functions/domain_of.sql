-- The domain in a name, after its last @; empty where there is none.
create or replace function domain_of(_name text) returns text
language sql immutable as $$
  select case when strpos(_name, '@') = 0 then '' else split_part(_name, '@', -1) end
$$;
