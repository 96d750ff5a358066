-- What there is to know of a mailbox that a letter is addressed to: where it is, the mailbox below it that a subaddress
-- names, and the one for junk of the same tree. Who has an INBOX has the others beside it. What has a special use is
-- nobody's to write to from outside.
create or replace function address_target(_mailbox bigint, _detail text) returns table (
  mailbox bigint, rights_version bigint, owner bigint, owner_name text, path text,
  subfolder bigint, subfolder_version bigint, subfolder_path text, junk bigint, junk_path text
)
language sql stable as $$
  select n.mailbox, m.rights_version, n.owner, a.name, n.path,
         s.mailbox, s.rights_version, s.path, j.mailbox, j.path
    from mailbox_name n
    join mailbox m on m.id = n.mailbox
    left join account a on a.id = n.owner
    left join lateral (
           select c.mailbox, c.path, cm.rights_version
             from mailbox_name c
             join mailbox cm on cm.id = c.mailbox
            where c.owner = n.owner
              and c.special_use is null
              and (c.path > n.path || '/' and c.path < n.path || '0'
                     and lower(substr(c.path, length(n.path) + 2) collate "default") = _detail
                   or n.path = 'INBOX' and n.owner <> 0
                     and lower(c.path collate "default") = _detail)
            order by starts_with(c.path, n.path || '/') desc, c.path
            limit 1) s on true
    left join lateral (
           select c.mailbox, c.path
             from mailbox_name c
            where c.owner = n.owner
              and c.special_use = '\Junk'
              and (n.owner <> 0
                   or c.path > split_part(n.path, '/', 1) || '/' and c.path < split_part(n.path, '/', 1) || '0')
            order by c.path
            limit 1) j on true
   where n.mailbox = _mailbox
$$;
