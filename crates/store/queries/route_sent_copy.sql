-- The Sent of a team that nobody owns, for copies of what is sent as the addresses of mailbox $1.
select n.mailbox as "mailbox!", m.rights_version as "rights_version!", n.path as "path!", s.mailbox as "sent!", s.path as "sent_path!"
  from mailbox_name n
  join mailbox m on m.id = n.mailbox
 cross join lateral (
       select c.mailbox, c.path
         from mailbox_name c
        where c.owner = 0
          and c.special_use = '\Sent'
          and c.path > split_part(n.path, '/', 1) || '/' and c.path < split_part(n.path, '/', 1) || '0'
        -- The nearest.
        order by starts_with(c.path, n.path || '/') desc, c.path
        limit 1) s
 where n.mailbox = $1
   and n.owner = 0
