-- Makes accounts, each with its INBOX or with folders too: all of them or none.
create or replace function make_accounts(
  _names text[], _password_hashes text[], _are_admins boolean[], _have_folders boolean[], _folders text[], _uses text[]
) returns void
language plpgsql as $$
begin
  perform case when w.has_folders
               then create_account_with_folders(w.name, w.password_hash, w.is_admin, _folders, _uses)
               else create_account(w.name, w.password_hash, w.is_admin)
          end
     from unnest(_names, _password_hashes, _are_admins, _have_folders) as w (name, password_hash, is_admin, has_folders);
end
$$;
