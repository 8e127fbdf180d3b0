variable "name" {
  description = "The word in the key's description."
  type        = string
}
