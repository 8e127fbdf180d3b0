# Data of the notes app: MySQL and its copies, the passwords of the database's users, and SECRET_KEY.

module "secret_key" {
  source = "../secret"

  name          = "${var.name}/secret-key"
  description   = "Flask's SECRET_KEY of ${var.name}"
  key_arn       = var.key_arn
  recovery_days = var.protected ? 7 : 0
}

# The database's users besides the master. The step `users` makes them with these passwords, or changes theirs.
module "database_secret" {
  source   = "../secret"
  for_each = toset(["app", "migrate"])

  name          = "${var.name}/database-${each.key}"
  description   = "Name and password of the database user ${each.key} of ${var.name}"
  username      = each.key
  generation    = var.password_generation
  key_arn       = var.key_arn
  recovery_days = var.protected ? 7 : 0
}

module "mysql" {
  source = "../mysql"

  name              = var.name
  database          = "notes"
  kind              = var.database.kind
  instance_class    = var.database.instance_class
  multi_az          = var.database.multi_az
  backup_days       = var.database.backup_days
  subnet_ids        = var.network.subnet_ids
  security_group_id = var.network.security_group_id
  key_arn           = var.key_arn
  data_key_arn      = var.data_key_arn
  protected         = var.protected
}

module "backup" {
  source = "../backup"

  name          = var.name
  resource_arns = [module.mysql.arn]
  key_arn       = var.data_key_arn
  protected     = var.protected
}
