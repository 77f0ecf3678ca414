#!/bin/sh
# A folder in sixteen parts on a Slurm cluster: sbatch examples/cluster/slurm.sh /archive/scans /archive/colour
# When the array is done: colorize batch /archive/scans -o /archive/colour --report look.html
#SBATCH --job-name=colorize
#SBATCH --array=1-16
#SBATCH --cpus-per-task=4
#SBATCH --mem-per-cpu=1G
#SBATCH --time=12:00:00
#SBATCH --requeue
# Slurm sends SIGTERM before the end of the time: finished photos are kept, and a requeued part goes on with the rest.
exec colorize batch "$1" -o "$2" --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" --jobs "$SLURM_CPUS_PER_TASK" --json
