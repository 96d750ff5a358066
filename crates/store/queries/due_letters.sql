-- Letters that are due, with what they say. Whoever gave is named to people of the own domain only.
select l.account, l.mailbox, a.name, n.path, a.language,
       coalesce(rights_of(l.account, l.mailbox), 0::smallint) as "rights!",
       (extract(epoch from l.since) * 1000000)::bigint as "since!",
       (select g.name from account g where g.id = l.giver and domain_of(g.name) = domain_of(a.name)) as giver,
       (select not s.is_wanted from subscription s where s.account = l.account and s.owner = n.owner and s.path = n.path) as is_unwanted,
       (select d.spelling from address d where d.mailbox = i.mailbox and d.local is not null order by d.id limit 1) as address,
       m.id as "inbox!", m.rights_version as "inbox_version!"
  from access_letter l
  join account a on a.id = l.account
  join mailbox_name n on n.mailbox = l.mailbox and n.owner = 0
  join mailbox_name i on i.owner = l.account and i.path = 'INBOX'
  join mailbox m on m.id = i.mailbox
 where l.next_at <= now()
 order by l.since, l.account, l.mailbox
 limit $1
