-- Mailboxes in which most was done in the last seconds, and those that most sessions have selected.
with done as (
  select a.mailbox, count(*) as changes
    from activity a
   where a.at > clock_timestamp() - make_interval(secs => $1)
     and a.mailbox is not null
   group by a.mailbox
), opened as (
  select s.mailbox, count(*) as sessions
    from open_session s
    join node n on n.id = s.node and n.seen_at > clock_timestamp() - interval '1 minute'
   where s.mailbox is not null
   group by s.mailbox
)
select coalesce(d.changes, 0) as "changes!", coalesce(s.sessions, 0) as "sessions!",
       m.owner as "owner?", o.name as "owner_name?", m.path as "path?"
  from done d
  full join opened s on s.mailbox = d.mailbox
  left join mailbox_name m on m.mailbox = coalesce(d.mailbox, s.mailbox)
  left join account o on o.id = m.owner
 order by 1 desc, 2 desc, coalesce(d.mailbox, s.mailbox)
 limit $2
