-- What stands for a user's name in `wrong_password`: what was typed may be a password in the wrong field.
create or replace function user_hash(_name text) returns bytea
language sql stable as $$
  select sha256(k.key || convert_to(_name, 'UTF8')) from object_key k
$$;
