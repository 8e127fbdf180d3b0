variable "name" {
  description = "Name of the host."
  type        = string
}

variable "access" {
  description = "How operators connect: ssh (port 22 from one range) or session-manager (port 22 closed)."
  type        = string
  default     = "ssh"

  validation {
    condition     = contains(["ssh", "session-manager"], var.access)
    error_message = "access is ssh or session-manager."
  }
}

variable "ssh_public_key" {
  description = "Public key of the person who may log in; needed for ssh."
  type        = string
  default     = null

  validation {
    condition     = var.access == "session-manager" || var.ssh_public_key != null
    error_message = "SSH needs a public key."
  }

  validation {
    # What bastion/sshd_config accepts, on one line that a shell can quote.
    condition     = var.ssh_public_key == null ? true : can(regex("^(ssh-ed25519|sk-ssh-ed25519@openssh\\.com|ssh-rsa) [A-Za-z0-9+/]+=*( [^'\n]*)?$", var.ssh_public_key))
    error_message = "The key is one line of ssh-ed25519, sk-ssh-ed25519 or ssh-rsa: the bastion takes no other kind."
  }
}

variable "database" {
  description = "host:port, the only permitted target of tunnels."
  type        = string
}

variable "source_directory" {
  description = "Directory with the sshd configuration and what belongs to it."
  type        = string
}

variable "subnet_ids" {
  description = "Public subnets for the host."
  type        = list(string)
}

variable "security_group_id" {
  description = "Security group of the host."
  type        = string
}
