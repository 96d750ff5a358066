select s.session, n.name as node, s.account_name, s.address, s.client,
       to_char(s.since at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as "since!",
       m.owner as "owner?", o.name as "owner_name?", m.path as "path?"
  from open_session s
  join node n on n.id = s.node and n.seen_at > clock_timestamp() - interval '1 minute'
  left join mailbox_name m on m.mailbox = s.mailbox
  left join account o on o.id = m.owner
 where ($1::text is null or s.account_name = $1)
   and ($2::bigint is null or s.mailbox = $2)
   and ($3::bigint is null or s.session = $3)
 order by s.since, s.session
