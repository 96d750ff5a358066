-- The names of the groups that an account is in, directly or through other groups.
create or replace function groups_of(_account bigint) returns text[]
language plpgsql stable as $$
begin
  return array(select g.name
                 from effective_member m
                 join user_group g on g.id = m.user_group
                where m.account = _account);
end
$$;
