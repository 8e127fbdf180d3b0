# The state of former versions: what moved is not made anew.

moved {
  from = module.secret_key
  to   = module.data.module.secret_key
}

moved {
  from = module.database_secret
  to   = module.data.module.database_secret
}

moved {
  from = module.mysql
  to   = module.data.module.mysql
}

moved {
  from = module.backup
  to   = module.data.module.backup
}
