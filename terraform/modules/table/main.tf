# The table of entries, and an index that gives the latest ones without reading the rest.

resource "aws_dynamodb_table" "entries" {
  name                        = var.name
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "username"
  range_key                   = "timestamp"
  deletion_protection_enabled = var.protected

  attribute {
    name = "username"
    type = "S"
  }

  attribute {
    name = "timestamp"
    type = "S"
  }

  attribute {
    name = "feed"
    type = "S"
  }

  # `feed` is the year of an entry, so the newest is one read away. One year takes 1,000 writes a second (docs/adr/0007).
  # Counters of attempts live in the table too; they have no feed, and so stay out of the index.
  global_secondary_index {
    name            = "latest"
    hash_key        = "feed"
    range_key       = "timestamp"
    projection_type = "ALL"
  }

  # Without the block the table is encrypted as well, with a key that AWS owns.
  dynamic "server_side_encryption" {
    for_each = var.key_arn == null ? [] : [var.key_arn]

    content {
      enabled     = true
      kms_key_arn = server_side_encryption.value
    }
  }

  point_in_time_recovery {
    enabled = true
  }
}
