-- The access token of this hash, and its account, while it lets somebody in.
select t.id as token, t.name as token_name, t.version, t.services, t.is_read_only, n.path as "path?",
       seat_login(a.name, n.path) as login, a.id, a.name, a.password_hash, a.password_version, a.is_admin
  from access_token t
  join account a on a.id = t.account
  left join mailbox_name n on n.mailbox = t.mailbox and n.owner = 0
 where t.hash = $1
   and not a.is_disabled
   and (t.expires_at is null or t.expires_at > now())
   and (t.mailbox is null or n.mailbox is not null)
