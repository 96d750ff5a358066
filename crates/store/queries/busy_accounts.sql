-- Accounts that did most in the last seconds, and those with most sessions.
with done as (
  select a.account, count(*) as changes
    from activity a
   where a.at > clock_timestamp() - make_interval(secs => $1)
     and a.account is not null
   group by a.account
), opened as (
  select s.account, count(*) as sessions
    from open_session s
    join node n on n.id = s.node and n.seen_at > clock_timestamp() - interval '1 minute'
   group by s.account
)
select w.name, coalesce(d.changes, 0) as "changes!", coalesce(s.sessions, 0) as "sessions!"
  from done d
  full join opened s on s.account = d.account
  join account w on w.id = coalesce(d.account, s.account)
 order by 2 desc, 3 desc, w.name
 limit $2
