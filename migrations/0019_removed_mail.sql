-- What removed messages still take until their content is collected (ADR 0053), counted like what is there: by mailbox,
-- and by the root for mailboxes that are gone. Each message counts its bytes and 1,024 more for its rows.
alter table mailbox add column removed_bytes bigint not null default 0;
alter table quota_root add column removed_bytes bigint not null default 0;

update mailbox m
   set removed_bytes = g.bytes
  from (select mailbox, sum(size + 1024) as bytes from garbage group by mailbox) g
 where g.mailbox = m.id;

update quota_root q
   set removed_bytes = g.bytes
  from (select g.quota_root, sum(g.size + 1024) as bytes
          from garbage g
         where not exists (select from mailbox m where m.id = g.mailbox)
         group by g.quota_root) g
 where g.quota_root = q.id;
