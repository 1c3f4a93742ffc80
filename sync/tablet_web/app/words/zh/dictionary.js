// What small bodies are full of (crypto/SPEC.md 2.6). Exports: DICTIONARY. Written by
// python -m tests.vectors.generate_dictionary.

export const DICTIONARY =
  '"},"set":{"phone":{"value":"","saw":["contact_phone":{"value":"address_text":{"value":"hx_' +
  'disease/{"value":true,"saw":[]},"reason":"","amends":"","voids":"","attach":[{"id":"","key' +
  '":"","size":,"type":"image/jpeg"}]"kind":"health_check","kind":"encounter","kind":"dm_foll' +
  'owup","dorsalis":"1","staple_now":300,"staple_target":250,"fpg":6,"hba1c":6,"hypo":"1","in' +
  'sulin":"","referral_reason":"","lost_reason":"","symptoms_other":"adr_text":""receipt":{"r' +
  'eceipt":{"device":"","epoch":1,"seq":,"batch":"","at":,"n":1},"signer":"","signature":""},' +
  '"outcomes":[{"n":,"change":"","state":"applied","reason":"","at":17}],"names":null,"comman' +
  'ds":[{"do":"患者无不适主诉，偶有头晕头痛，胸闷心悸，乏力，食欲睡眠可。神志清楚，查体合作，' +
  "咽无充血，肝脾肋下未触及，双肺呼吸音清，未闻及干湿性啰音，心律齐，未闻及杂音，腹软无压痛，" +
  "双下肢无水肿，轻度凹陷性水肿，足背动脉搏动正常，颈静脉无怒张，面色红润，步态平稳，腰围 厘" +
  "米，血常规肝功能未见异常；大致正常；B超：脂肪肝；胸片心肺未见明显异常；颈动脉斑块，内中膜" +
  "厚 mm，眼底动脉硬化；心电图：窦性心律，心率 次/分，ST-T改变；家庭自测血压 13/80 mmHg；肌酐" +
  " μmol/L，尿素氮 mmol/L，尿酸 ，尿微量白蛋白 mg/L；总胆固醇 4.，甘油三酯 1.，高密度脂蛋白 " +
  "，低密度脂蛋白 2. mmol/L；糖化血红蛋白 6.%，餐后血糖 ，空腹血糖 5. mmol/L，尿常规未见异常" +
  '瑞舒伐他汀钙片贝那普利片氯沙坦钾片比索洛尔片{"name":"阿托伐他汀钙片","times_per_day":1,"do' +
  'se":"20mg"},{"name":"阿司匹林肠溶片","times_per_day":1,"dose":"100mg"},{"name":"格列美脲片' +
  '","times_per_day":1,"dose":"2mg"},{"name":"阿卡波糖片","times_per_day":3,"dose":"50mg"},{"' +
  'name":"盐酸二甲双胍片","times_per_day":3,"dose":"0.5g"},{"name":"卡托普利片","times_per_da' +
  'y":3,"dose":"25mg"},{"name":"马来酸依那普利片","times_per_day":2,"dose":"10mg"},{"name":"' +
  '氢氯噻嗪片","times_per_day":1,"dose":"12.5mg"},{"name":"吲达帕胺缓释片","times_per_day":1,' +
  '"dose":"1.5mg"},{"name":"酒石酸美托洛尔片","times_per_day":2,"dose":"25mg"},{"name":"替米' +
  '沙坦片","times_per_day":1,"dose":"40mg"},{"name":"厄贝沙坦片","times_per_day":1,"dose":"15' +
  '0mg"},{"name":"缬沙坦胶囊","times_per_day":1,"dose":"80mg"},{"name":"硝苯地平控释片","time' +
  's_per_day":1,"dose":"30mg"},{"name":"硝苯地平缓释片","times_per_day":2,"dose":"20mg"},{"na' +
  'me":"苯磺酸左旋氨氯地平片","times_per_day":1,"dose":"2.5mg"},{"name":"苯磺酸氨氯地平片","t' +
  'imes_per_day":1,"dose":"5mg"}],"next_date":"202{"v":1,"app":"gongwei-tablet/","schema":5,"' +
  'staff":"AZ","created":179,"secret":"=","sessions":[{"id":"=","wall":179,"mono":0,"offset":' +
  '0,"sigma":0}],"known":[{"panel":"AZ","epoch":1,"csn":1,"at":179}],"cursors":[{"panel":"AZ"' +
  ',"epoch":1,"csn":1}],"marks":[[0,0]],"positions":[[0,],"changes":[{"id":"Aa,"outcomes_seen' +
  '":1,"pending":1,"oldest":179,"trust":1000,"checkpoint":1,"names":"={"v":1,"now":179,"head"' +
  ':{"epoch":1,"seq":1,"digest":"="},"pages":[{"panel":"","epoch":1,"start":1,"end":1,"rows":' +
  '[{"put":"plan","id":"","rev":4294967298,"cls":"A","year":2026,"items":[["P05","2",273,364,' +
  '364,""]]},{"put":"event","rev":4294967297,"cls":"A","change":{"id":"Aa==","resident":"AZ==' +
  '","kind":"htn_followup","v":1,"on":"2026-11-20","at":179,"mono":1,"body":{"mode":"2","symp' +
  'toms":["1"],"sbp":13,"dbp":8,"weight":6,"weight_target":6,"bmi":24,"bmi_target":23,"heart_' +
  'rate":7,"sign_other":"双下肢无水肿","smoke_now":0,"smoke_target":0,"drink_now":0,"drink_ta' +
  'rget":0,"exercise_freq_now":3,"exercise_min_now":30,"exercise_freq_target":5,"exercise_min' +
  '_target":30,"salt_now":"2","salt_target":"1","psych":"1","compliance":"1","aux_exam":"","m' +
  'ed_adherence":"1","adr":"1","class":"1","meds":[{"name":"","times_per_day":1,"dose":""next' +
  '_date":"2027-02-","doctor":"019"}},"staff":"AZ","at":179,"recv":179,"state":"applied","cre' +
  'dit":"AZ=="}],"root":"=="}],"backed_up":{"epoch":1,"seq":0,"at":0},"lease":179}';
