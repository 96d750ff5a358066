-- The account of this name, by what its owner proves that he knows its password, and a salt for a name without that: always the
-- same, and nobody who has not the key of the site can tell it from another.
select a.id as "id?", a.name as "name?", a.password_hash, a.password_version as "password_version?", a.is_admin as "is_admin?",
       a.is_disabled as "is_disabled?", a.scram_verifier,
       substr(sha256(sha256(k.key || 'scram'::bytea) || convert_to($1, 'UTF8')), 1, 16) as "salt!"
  from object_key k
  left join account a on a.name = $1
