-- no-transaction
create index concurrently if not exists garbage_by_root_and_age on garbage (quota_root, at) where quota_root is not null
