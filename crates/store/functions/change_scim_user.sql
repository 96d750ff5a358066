-- What a directory says of a user by SCIM from now on; PR007 where that is no longer what `_revision` stands for. Whoever is logged in
-- under another name, or to an account that is disabled now, writes nothing more. Returns what to wake.
create or replace function change_scim_user(
  _account bigint, _revision bigint, _name text, _user_name text, _external_id text, _is_active boolean, _profile text
) returns table (mailbox bigint, modseq bigint)
language plpgsql as $$
#variable_conflict use_column
declare
  _old record;
begin
  perform pg_advisory_xact_lock(hashtext('postroom people'), 0);
  select a.name, a.is_disabled, s.revision
    into _old
    from scim_user s
    join account a on a.id = s.account
   where s.account = _account
     and s.deleted_at is null;
  if not found then
    raise exception using errcode = 'PR001', message = 'no such user';
  elsif _old.revision <> _revision then
    raise exception using errcode = 'PR007', message = 'the user was changed meanwhile';
  end if;
  if _old.is_disabled = _is_active then
    perform set_disabled(_account, not _is_active);
  end if;
  if _old.name <> _name then
    return query select r.mailbox, r.modseq from rename_account(_account, _name) r;
  end if;
  update scim_user s
     set user_name = _user_name,
         external_id = _external_id,
         profile = _profile,
         revision = s.revision + 1,
         changed_at = now()
   where s.account = _account;
end
$$;
