-- Closes the account of a person whom a directory has no longer, or opens it again once it has. An account that is disabled by
-- hand stays so. Whoever is logged in there writes nothing more. Returns whether anything has changed.
create or replace function leave_directory(_account bigint, _has_left boolean) returns boolean
language plpgsql as $$
begin
  perform lock_login_alone(_account);
  update account a
     set is_disabled = _has_left,
         left_directory_at = case when _has_left then now() end,
         password_version = a.password_version + 1
   where a.id = _account
     and a.directory_id is not null
     and a.is_disabled <> _has_left
     and (_has_left or a.left_directory_at is not null);
  if not found then
    return false;
  end if;
  insert into activity (kind, detail)
  select 16 /* activity: account */,
         a.name || case when _has_left then ' disabled: the directory has this person no longer' else ' enabled: the directory has this person again' end
    from account a
   where a.id = _account;
  return true;
end
$$;
