# A host for SSH tunnels to the database, without a shell.

module "host" {
  source = "../host"

  name              = var.name
  instance_type     = "t3.nano"
  subnet_ids        = var.subnet_ids
  security_group_id = var.security_group_id
  elastic_ip        = true

  ready = var.access == "ssh" ? "(exec 3<> /dev/tcp/127.0.0.1/22) 2> /dev/null" : "true"

  setup = templatefile("${path.module}/setup.sh.tftpl", {
    files          = { for file in fileset(var.source_directory, "**") : file => filebase64("${var.source_directory}/${file}") }
    database       = var.database
    ssh_public_key = var.access == "ssh" ? var.ssh_public_key : null
  })
}
