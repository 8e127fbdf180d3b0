"""Hosts that boot: cloud-init starts the user data of the modules, under systemd, on Debian.

What is not as on EC2, all of it:

| here | on EC2 |
|---|---|
| Debian 13 in a container, the kernel of this machine | Ubuntu 24.04 on a machine of its own |
| values of Terraform's mocked provider where AWS gives names | an apply |
| `devtools/instance_metadata.py` at 169.254.169.254 | the instance metadata service |
| moto behind the strict layer, by AWS's names | AWS; what roles may do is tried by tests/infra and the rehearsal |
| `files/usr/bin/snap`, which puts Debian's awscli (2.x) at /snap/bin | snapd and the snap aws-cli |
| `packages.py`: Debian's packages from a folder, unsigned | Ubuntu's archive |
| `packages.py`: mysql-client, a name for Debian's default-mysql-client | Ubuntu's mysql-client |
| `agent/`: amazon-cloudwatch-agent, which takes the same command and runs a unit that ships nothing | AWS's |
| pebble, by certbot's own setting `server` | Let's Encrypt |
| `files/etc/cloud`, `DataSourceNitro.py`: it is EC2, the network stands, apt's sources stay | firmware, image |
| `app_image.py`, served by `aws_of_hosts.py`: an image that tells what it was started with | the app's, from ECR |
| `files/etc/dpkg`: unpacks without waiting for the disk, without documentation | dpkg's defaults |
"""
