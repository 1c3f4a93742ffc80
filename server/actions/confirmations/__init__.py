"""来过 / 没来过: services residents are asked about, answers, denials, samples, figures."""
