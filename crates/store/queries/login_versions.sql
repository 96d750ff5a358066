-- The logins of these accounts, and by these access tokens, that hold now.
select a.id as "account!", null::bigint as token, a.password_version as "version!", null::bigint as expires_at
  from account a
 where a.id = any ($1::bigint[])
   and not a.is_disabled
 union all
select t.account, t.id, t.version, floor(extract(epoch from t.expires_at))::bigint
  from access_token t
  join account a on a.id = t.account and not a.is_disabled
 where t.id = any ($2::bigint[])
   and (t.expires_at is null or t.expires_at > now())
   and (t.mailbox is null or sees_tree(t.account, t.mailbox))
