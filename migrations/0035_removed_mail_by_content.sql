-- no-transaction
create index concurrently if not exists garbage_by_content on garbage (content)
