// Made by tests/support/identity.py (python-cryptography): a token of each algorithm, and its key.
#pragma once

#include <string_view>

namespace tidegate::router {

struct JwtExample {
    std::string_view algorithm, token, key;
};

// The claims are those of the tests: sub "ann", may publish ~^live/ and read, no times.
inline constexpr JwtExample kJwtExamples[] = {
    {"RS256",
     "eyJhbGciOiJSUzI1NiIsImtpZCI6IlJTMjU2IiwidHlwIjoiSldUIn0.eyJzdWIiOiJhbm4iLCJtZWRpYW10"
     "eF9wZXJtaXNzaW9ucyI6W3siYWN0aW9uIjoicHVibGlzaCIsInBhdGgiOiJ-XmxpdmUvIn0seyJhY3Rpb24i"
     "OiJyZWFkIn1dfQ.SpiUMyVEP-xzJWwQe-2MgHywDcr9Ox0S_n_dI6KSk4wybUNuUj6I7yF_3veEl3Yx9BLz0"
     "1la3qV3vor_BsPGXh1Qm9tUBTIOV5FR_sa4C5if2zurGXGBUS2Ue7gssMddpCMGkJGnU4genKVuO0axpyYWa"
     "0jnQSDfi_OoHhUy0prf1HbHiWrhkdeiXK12aZKcH20SpqqyE1TUS9ANvEnpHr4uyknCQOeHELu4E9_MMEuuK"
     "ot9ocdG9z4sjztXLn2LSEqn1ELJJrwjgn5i0tVUmh9WcToHvxlhn6L17XEJEjCawqzF8M-iyUZ-EO3_XH2dA"
     "xuISEC9MGG6jBy11BBbGw",
     "{\"kid\":\"RS256\",\"use\":\"sig\",\"kty\":\"RSA\",\"n\":\"ty-cW0budUuQmOfCry4PjFaw89"
     "kZHbqjK0T_VCPdCQzrfybxTl5vqBitNzBSTTI3lV8D4DClH6oQ1uwliZV3oaZJM5X8M8Nd"
     "O1prZdkm3cX684THMX39ShSzT-Gx0rxraWdV4vXQfctT_itFAUZ1MPjHBCr3Y1vkknn2Sd"
     "6qU-5Hie8D-Np3C1zN_2ffBKUQ0--BQw1mopuk0GbekKAUgVl7GyuKMKg6mMBDJYS4pFfC"
     "jkEul8JeFHQ2n0RMet5JqJOOd9t4kHObZeTPI2hp6cQy5pytwasVxScRLO1yNFtWn0kDKX"
     "6RrZ5nNf1LSoTS3OIWPxQJFbkwIeIiqgaLKw\",\"e\":\"AQAB\"}"},
    {"RS384",
     "eyJhbGciOiJSUzM4NCIsImtpZCI6IlJTMzg0IiwidHlwIjoiSldUIn0.eyJzdWIiOiJhbm4iLCJtZWRpYW10"
     "eF9wZXJtaXNzaW9ucyI6W3siYWN0aW9uIjoicHVibGlzaCIsInBhdGgiOiJ-XmxpdmUvIn0seyJhY3Rpb24i"
     "OiJyZWFkIn1dfQ.Tc_vqkMMMsAFYSpwLaeB4T6JJ-6oS4eR9c9gTtsz6aqDzxeciWaHUYCFo1dwTdspRwV4v"
     "7v2EypKCl25qzvWwOIPXz3HoSZkhvjI3LxQTs02mddPuBiORJYCAHTHDIaRshbYLRxQDTWI9P5Gqs5SRfK79"
     "xid7xIcooFPcJtU5baRNZo44XlcJgck8X4FvRSi0TVX-KJyDTqBXtcA1YGQCO6Z2BRIbDgRvOtpeQiEMfJZn"
     "Y9QADyCbrDkHk9OOu_9ld_lGAsFsDHIjLCnz-Ckf_od1m7YIHllbFOZMDuowbWJZHLDLkr48EKPb6Vb0YVx6"
     "6QIdym5xytp0c9YtEkGew",
     "{\"kid\":\"RS384\",\"use\":\"sig\",\"kty\":\"RSA\",\"n\":\"rfC_xZYkTO5xDXiurWCmqLmEQs"
     "rwHaWuAS5QvGtpcWOJpg2KRimJ48tPsrjSBzBxzjpS6a8fpBr7dojEDZyAzrJgTmk7UsKV"
     "9Xdk1wHbDl5Y7I8r8en54xdBI8jK_EO1OjF6iwivN6bgJ0S4fEXZjgXd8GSHc3oqGjiKPw"
     "VhZZvVESpE6SpWtNz_lJAeBzp4m0uskGX56T1XgIc1lrAAna6IVhjjFc2Jjc8uqCxai2uM"
     "iP1WvggfccGbNHW18iKEFRarXkGfOMM-8yDHAQw91upJY26dAK-TPF7q8zqMeDj2fk8Nqv"
     "bSJDH0nZ_gDy_pwbOi0zdl_-YbYxaBzaeHGw\",\"e\":\"AQAB\"}"},
    {"RS512",
     "eyJhbGciOiJSUzUxMiIsImtpZCI6IlJTNTEyIiwidHlwIjoiSldUIn0.eyJzdWIiOiJhbm4iLCJtZWRpYW10"
     "eF9wZXJtaXNzaW9ucyI6W3siYWN0aW9uIjoicHVibGlzaCIsInBhdGgiOiJ-XmxpdmUvIn0seyJhY3Rpb24i"
     "OiJyZWFkIn1dfQ.KpC9WHRjT_-eewAwT9FoNTys_n8Krog9DkoO5fg1KMs2vOn5dEaJOubD1KrVZ0tbsLlgy"
     "QjRXh57-pxZT9AKFZIX6E0rfcfKPaKgSP-y0Vx7wt9y4Qi0Hc_8uiYAQekMhOR7-LAz7olH3sBcT4Cu-IPbz"
     "uFSgvAU4dJx9dc8loNcx2pCFomWfNujVVBdE2RqkpPo72eTomU9qlCCUaOdwlxs65MTWjMFOm9Xdx1UAsBei"
     "V1f64Z-Fhi1W9CFnpd7QpnPVuNy0HReHFZEerhctPO4u_7QebnFLiROeIGBk7OHVmtCUcpxHo_nLij4FGJ2F"
     "hhdAtZRrere14r9fXUpWA",
     "{\"kid\":\"RS512\",\"use\":\"sig\",\"kty\":\"RSA\",\"n\":\"wP845-t9yk2oNEzWuTwbYcqbNs"
     "8G9tMHY_DzwfRJohTUxKis2oJ0eTo074nKp4bslnWhXkJjXDU1IXtJgV2OfknHsVHS3VzV"
     "MjVY3xGYCmJpZ9KBvxkxQgITA4R9mN6BMRj0ASJNPype1zLGlgdizpaoboV0edLccfw13D"
     "9JbY9V7Zx4VhHBHL77IcJrrCJTpha0juTKMzHUk4zxDHmAwIc0uxcXLp9Pcy8s5r_qmjf8"
     "jfv0DSeQVBTpWkLHRF-xoE7Xm7AI1DUMC49Q4wqVTMQYLlZIeLvUHdBT_fnp0y9Vgadq3e"
     "Tx-VPWfZDmLiPbJuywscj2ujq-O001fAj96w\",\"e\":\"AQAB\"}"},
    {"PS256",
     "eyJhbGciOiJQUzI1NiIsImtpZCI6IlBTMjU2IiwidHlwIjoiSldUIn0.eyJzdWIiOiJhbm4iLCJtZWRpYW10"
     "eF9wZXJtaXNzaW9ucyI6W3siYWN0aW9uIjoicHVibGlzaCIsInBhdGgiOiJ-XmxpdmUvIn0seyJhY3Rpb24i"
     "OiJyZWFkIn1dfQ.ha8j20A2O0XB6sKYvoyPDiO72sUffcTGMy8dgj2zYH7A7CWy0H8QrpW6vngia6bcJHAss"
     "hd383FGD4vsfpGLWpavCdjdHqGKharYjEnwE0f42KB0r9yZrm2IEuIbhR2ty3bAOuEbWvwdxSrXJfzH6G6tl"
     "L1tlHNwkVpDMp5fuWnBh23SZC9RgwZSLN1H4iBRqo2lpzkeg-HvYXj9xYzqxL5Gce_Gr5cdVOz6bZzxprADR"
     "JHXzkiy6_6gTYNwjqzRYmDR4iTs2WkKYNgCDE_Tt-4BG2ypacUMtRAJy3mdnZ2x8Z6skd0Vd8sNNxkkF8naQ"
     "cvujhvxhn1zGkeaVcoX5A",
     "{\"kid\":\"PS256\",\"use\":\"sig\",\"kty\":\"RSA\",\"n\":\"pOwDz7qZrnSpsn84OzHnS_Ql0M"
     "4lgD3MkoD_DYEi5341kWjaZx9a0BdGsZtpB2EhxbJ24HYz3MbYOO9pDXQpUPE3hD9r8cGY"
     "31Pr70cMolAD9PlZ0jZdJvzYszif_5ELt4dxzFB49zs578qyLrnX6A8uPEOk4LIwpqPo8-"
     "bg2w52EP7kg0JOL2hImbAwLkC1RIvpxeesEfd_IIN_0Vt0m2AAo90yUvwBDUzbRCmVogBJ"
     "7CK8huEhVExFsD-ROLFq3RoDvIKfUIbj8_fqAmodmajZIebQNgMvJCYM7frKICCeHEJBhW"
     "u7U58ljEax6AD3eKFv1RtFu5mLoxo8XzEysQ\",\"e\":\"AQAB\"}"},
    {"PS384",
     "eyJhbGciOiJQUzM4NCIsImtpZCI6IlBTMzg0IiwidHlwIjoiSldUIn0.eyJzdWIiOiJhbm4iLCJtZWRpYW10"
     "eF9wZXJtaXNzaW9ucyI6W3siYWN0aW9uIjoicHVibGlzaCIsInBhdGgiOiJ-XmxpdmUvIn0seyJhY3Rpb24i"
     "OiJyZWFkIn1dfQ.EhaUVSShRvZqfYuFFISrt5u92U-U-NQqB65jocOcSw8Qt5jcRzmIJ2287LOUVGjxeb598"
     "WM99qz1T6_JZ7FearMkbo1hUguYViaze2-XkFaVgh0Z1QJRcYXOAXUAyw6YGIf2pFGcAhwIu3bHgF4gKuzlz"
     "jl4doAN2wwryMgdC8FJZu-NawdJtwH2rX87X6QLu2X1yVnjNhQ6t6e6GM8m9pq97wklwsDhBIpCe-BoudM04"
     "mzdzC500GlsZHOEF_L3XkgPXm3aggAleMCkWGSDoM6SUvGI5HEjYdeLEzmy21gPGJ43bEYfnGssdWKdL9Hsi"
     "OOSm7_Eq41IkLCNwu86lg",
     "{\"kid\":\"PS384\",\"use\":\"sig\",\"kty\":\"RSA\",\"n\":\"vhgFKgWFNiS6kLK3BldIioYZCI"
     "x8J2EqhxlUloIqgG004t0y_wnEw9WBPZweqLYM8ZrHnqKKoOScWpifHskmwPloadbq_EFh"
     "8-lqcHHf_IoJZwGbWCRjKQISSCPkEPPM3uI5w3kSYaPtNDmG-o8Yys3NMGK0ARszbIrvpJ"
     "QeiwCS1t-GSqI8hNvp1V5zxzd9rb9jnhaySCe3y_yXrpxq6li4D-2fUg6RSnZ_ttUVnbZs"
     "9UeiFUDcCKwd-rNG1D1Qq9_7IsYSA6B0QGhSDJjDoWNVyPIZw6QFXfU7PeD1btdLdfSavp"
     "T2VIyfgPntyxgtPgVrRaM_IDZ38rztyA1hzw\",\"e\":\"AQAB\"}"},
    {"PS512",
     "eyJhbGciOiJQUzUxMiIsImtpZCI6IlBTNTEyIiwidHlwIjoiSldUIn0.eyJzdWIiOiJhbm4iLCJtZWRpYW10"
     "eF9wZXJtaXNzaW9ucyI6W3siYWN0aW9uIjoicHVibGlzaCIsInBhdGgiOiJ-XmxpdmUvIn0seyJhY3Rpb24i"
     "OiJyZWFkIn1dfQ.Lo-hQXE1lY5zNAHu563DVzpvl_8_XXKbzx87Bst8QtHZLjWFEe4CPFry8Zf7UQLT8F44M"
     "77eY0l498j7njG6SVxt6_DkAgqv3jOP4rxSsKAw2ayi_btchL1jKwtlfWJyfB_ihJKisEAEoylINyBNv5C3b"
     "VlF1qjgI8d9Sba5W03RRf1UVVv_5qXKnrIU--9M_ov2O3S82LgqH-O5oLP7YD_677qMPBW07ZRppm2JEX827"
     "NviNAB7d2C87ICLajKeuYuFYgoHhOwU8v8SypTe835mjrGJhuIKoMNR5XCa3RW27w_1kizLBLDuiq3tronKp"
     "E-OMCk_gY1aabfpnsEwuw",
     "{\"kid\":\"PS512\",\"use\":\"sig\",\"kty\":\"RSA\",\"n\":\"xs7wrCxQZQtHkQFSnuN98CsvaQ"
     "bzwgnLXpOoyHIQep3YKjdwg1kTriCkS5xMnLwLbu2n8jdEBSJHF0wiORFg4ssuq2nKdzAC"
     "168oOIFcTkwpz6eKaQO62S-MePw_sGuEWUMY-BopQ_9gjUh_QyuKX1U3P-5371cVCiB0H-"
     "6XB3BgTPjdRwMqOd250wLtL8wY9nYEm6Ni6-ZUyo-7-c_ncRYW9QiFXSNYTWG4Se76FZHy"
     "BBtMtVsLA7ntfBEXoFuvF89b6w1kyebk5VfLSHr2emzQxP6bCdIBnCR5U0b28aStIumow2"
     "I2FcIimkM_mKbbG3OrZJytNyQuIX2ySGaW3w\",\"e\":\"AQAB\"}"},
    {"ES256",
     "eyJhbGciOiJFUzI1NiIsImtpZCI6IkVTMjU2IiwidHlwIjoiSldUIn0.eyJzdWIiOiJhbm4iLCJtZWRpYW10"
     "eF9wZXJtaXNzaW9ucyI6W3siYWN0aW9uIjoicHVibGlzaCIsInBhdGgiOiJ-XmxpdmUvIn0seyJhY3Rpb24i"
     "OiJyZWFkIn1dfQ.396HqG7N2-JExsYYkbCLslZLKTV0Lh3ISt0u2pHOpLjzEEoGJnyH2sgmZYQNpirJnwRCR"
     "Mo_Rk05C1tIGemHWA",
     "{\"kid\":\"ES256\",\"use\":\"sig\",\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"2ne5y3IeuryeN"
     "Igu_K93p67bVM7it8tJuIRdAHQWeoQ\",\"y\":\"mxjRcy1eLxlaPUz7KFlsJjThJkhigdtBT"
     "6V9s34yjdw\"}"},
    {"ES384",
     "eyJhbGciOiJFUzM4NCIsImtpZCI6IkVTMzg0IiwidHlwIjoiSldUIn0.eyJzdWIiOiJhbm4iLCJtZWRpYW10"
     "eF9wZXJtaXNzaW9ucyI6W3siYWN0aW9uIjoicHVibGlzaCIsInBhdGgiOiJ-XmxpdmUvIn0seyJhY3Rpb24i"
     "OiJyZWFkIn1dfQ.GHpM98YBvuzC3Uzy0eXfewXlw-MqCCDX-VcSo9YJS_5qsAyEz4pDPFiRZTXM0HY58lIID"
     "gCQLoiEzzUjzjtsRQU9AeALJda7n3GrcUYqyNOhDaNdRU5rHMmfESw1QQqv",
     "{\"kid\":\"ES384\",\"use\":\"sig\",\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"PIxo6-cCrGDL7"
     "_OM9hjsplj2SkSGhIZK0qCfe8zhQsYvXQcVz4QzhQGXCRYAOuub\",\"y\":\"CfpleutCopkO"
     "qgqjdhj7MeJeHrZRdPxracpJQiXPF8_VYMcjV1Nuyx1Sivhw_pgA\"}"},
    {"ES512",
     "eyJhbGciOiJFUzUxMiIsImtpZCI6IkVTNTEyIiwidHlwIjoiSldUIn0.eyJzdWIiOiJhbm4iLCJtZWRpYW10"
     "eF9wZXJtaXNzaW9ucyI6W3siYWN0aW9uIjoicHVibGlzaCIsInBhdGgiOiJ-XmxpdmUvIn0seyJhY3Rpb24i"
     "OiJyZWFkIn1dfQ.AWRs8VwuhWcesOXieG7TrP1nsaL1qzQmbB5ZIBwFfh3WdDIkCRsjGbBdqsT0OQJEMOwjQ"
     "1NB1eKpFuM4UGySU6XaAcHFg_4R_LP6PRgGBaTSPHpuQvmG_LPPGQdyLCfp0VCLOSg8tNW_zjI_r_ImWl2B5"
     "YyTRd9d8OwmPRTQPaHhRi6B",
     "{\"kid\":\"ES512\",\"use\":\"sig\",\"kty\":\"EC\",\"crv\":\"P-521\",\"x\":\"AX0lGzoJt-vO8"
     "rvBK1Te6a-P457dqkC419O7F7Qq8I2_LsbYdUu3E-0IjP3l-NfAKTwZekEvTJofi9tvxVn"
     "9VrhC\",\"y\":\"AF7CydLCOBTfgaJI7xA-rrGqY3DnO9WLz16_m4XqbZdGc3dLMWpGBm_gee"
     "--xLbcXj6wpa4CQ6po6wZ1QSbNHsnR\"}"},
    {"EdDSA",
     "eyJhbGciOiJFZERTQSIsImtpZCI6IkVkRFNBIiwidHlwIjoiSldUIn0.eyJzdWIiOiJhbm4iLCJtZWRpYW10"
     "eF9wZXJtaXNzaW9ucyI6W3siYWN0aW9uIjoicHVibGlzaCIsInBhdGgiOiJ-XmxpdmUvIn0seyJhY3Rpb24i"
     "OiJyZWFkIn1dfQ.Bb9emknyK86hRW5cp4Ep_OvL9RJl2GmyV1hGLglmWxNiv_56EzP9SOFsRabf3cSJfrFo1"
     "QzC0p4EgIuA9kbFAw",
     "{\"kid\":\"EdDSA\",\"use\":\"sig\",\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"SJiMKxfHWJ"
     "Qy-BzHCoSgodChlvrYS5G5o9iv1aNaGkk\"}"},
};

}  // namespace tidegate::router
