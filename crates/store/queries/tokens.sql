-- Access tokens, with the sessions that are open by them.
with open_by (token, sessions) as (
  select o.token, count(*)
    from open_session s
    join node n on n.id = s.node and n.seen_at > clock_timestamp() - interval '1 minute'
    join origin o on o.session = s.session
   where o.token is not null
   group by o.token
)
select t.id, a.name as account_name, t.name, m.owner as "owner?", o.name as "owner_name?", m.path as "path?", t.services,
       t.is_read_only,
       to_char(t.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as "created_at!",
       to_char(t.expires_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as expires_at,
       coalesce(t.expires_at <= now(), false) as "is_expired!",
       to_char(t.used_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as used_at, t.used_address, t.used_client,
       coalesce(b.sessions, 0) as "sessions!"
  from access_token t
  join account a on a.id = t.account
  left join mailbox_name m on m.mailbox = t.mailbox
  left join account o on o.id = m.owner
  left join open_by b on b.token = t.id
 where ($1::bigint is null or t.account = $1)
   and ($2::text is null or (a.name, t.name) > ($2, $3::text))
 order by a.name, t.name
 limit $4
