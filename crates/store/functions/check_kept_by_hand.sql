-- Refuses to change by hand who is in a group that a directory keeps, by LDAP or by SCIM: it would undo that.
create or replace function check_kept_by_hand(_group bigint) returns void
language plpgsql as $$
begin
  perform from user_group g
    where g.id = _group
      and (g.is_of_directory or exists (select from scim_group s where s.user_group = g.id));
  if found then
    raise exception using errcode = 'PR051', message = 'the group is kept by a directory';
  end if;
end
$$;
