-- Tells the directory of the two annotations that are kept as columns of `mailbox_name`.
create or replace function log_columns() returns trigger
language plpgsql as $$
begin
  insert into directory_change (kind, mailbox, entry)
  select 3 /* directory: annotation */, new.mailbox, c.entry
    from (values ('/private/specialuse', old.special_use is distinct from new.special_use),
                 ('/shared/vendor/postroom/flags/private', old.private_flags <> new.private_flags))
      as c (entry, is_changed)
   where c.is_changed;
  return null;
end
$$;

create or replace trigger directory_hears_columns after update of special_use, private_flags on mailbox_name
  for each row execute function log_columns();
